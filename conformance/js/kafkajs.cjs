// What an application does with kafkajs: administers, produces with every codec, consumes in a group whose members come
// and go, and moves records with their offsets in transactions.
const { Kafka, CompressionTypes, logLevel } = require('kafkajs')
const compression = require('./compression.cjs')

const kafka = new Kafka({ clientId: 'kafkajs', brokers: [process.argv[2]], logLevel: logLevel.ERROR })
const topic = 'kafkajs'
const count = 500
const codecs = [
  CompressionTypes.None, CompressionTypes.GZIP, CompressionTypes.Snappy, CompressionTypes.LZ4, CompressionTypes.ZSTD,
]

function check(condition, what) {
  if (!condition) {
    throw new Error('not so: ' + what)
  }
}

function inTime(what, start) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('in vain: ' + what())), 60000)
    start(() => {
      clearTimeout(timer)
      resolve()
    }, reject)
  })
}

async function produce() {
  const producer = kafka.producer({ idempotent: true })
  await producer.connect()
  for (const codec of codecs) {
    const messages = []
    for (let i = 0; i < count; i++) {
      messages.push({ key: 'k' + i, value: codec + '-' + i, headers: { codec: String(codec) } })
    }
    await producer.send({ topic, compression: codec, messages })
  }
  await producer.disconnect()
}

async function committed(admin) {
  const offsets = await admin.fetchOffsets({ groupId: 'kafkajs-group', topics: [topic] })
  return offsets[0].partitions.reduce((sum, p) => sum + Math.max(0, Number(p.offset)), 0)
}

// One member reads; when it has some, a second joins, so that there is a rebalance in the middle.
async function consume(admin) {
  const expected = codecs.length * count
  const seen = new Set()
  const members = [kafka.consumer({ groupId: 'kafkajs-group' }), kafka.consumer({ groupId: 'kafkajs-group' })]
  const read = [0, 0]
  const joined = [0, 0]
  await inTime(() => seen.size + ' of ' + expected + ' records, read by ' + read, (resolve, reject) => {
    const start = async (index) => {
      const member = members[index]
      member.on(member.events.GROUP_JOIN, () => { joined[index]++ })
      await member.connect()
      await member.subscribe({ topic, fromBeginning: true })
      await member.run({
        autoCommitThreshold: 100,
        eachMessage: async ({ message }) => {
          check(message.value.toString().startsWith(message.headers.codec.toString()), 'headers come back')
          seen.add(message.value.toString())
          read[index]++
          if (index === 0 && read[0] === 200) {
            start(1).catch(reject)
          }
          if (index === 0 && joined[1] === 0) {
            await new Promise((soon) => setTimeout(soon, 2))
          }
        },
      })
    }
    start(0).catch(reject)
    const timer = setInterval(() => {
      if (seen.size === expected && joined[1] > 0 && joined[0] > 1) {
        clearInterval(timer)
        resolve()
      }
    }, 50)
  })
  const described = await admin.describeGroups(['kafkajs-group'])
  check(described.groups[0].members.length === 2, 'two members are described')
  // After a rebalance a member may be reading some of them again.
  for (const end = Date.now() + 60000; (await committed(admin)) !== expected;) {
    check(Date.now() < end, 'everything is committed')
    await new Promise((soon) => setTimeout(soon, 50))
  }
  for (const member of members) {
    await member.disconnect()
  }
  const last = await committed(admin)
  check(last === expected, 'everything stays committed: ' + last)
}

async function transactions(admin) {
  const target = 'kafkajs-transactions'
  await admin.createTopics({ topics: [{ topic: target, numPartitions: 1 }] })
  const producer = kafka.producer({ transactionalId: 'kafkajs-id', maxInFlightRequests: 1, idempotent: true })
  await producer.connect()
  for (let i = 0; i < 20; i++) {
    const transaction = await producer.transaction()
    await transaction.send({ topic: target, messages: [{ key: 'k', value: String(i) }] })
    await transaction.sendOffsets({
      consumerGroupId: 'kafkajs-moved',
      topics: [{ topic, partitions: [{ partition: 0, offset: String(i) }] }],
    })
    if (i % 2 === 0) {
      await transaction.commit()
    } else {
      await transaction.abort()
    }
  }
  await producer.disconnect()
  const consumer = kafka.consumer({ groupId: 'kafkajs-committed' })
  const seen = []
  await consumer.connect()
  await consumer.subscribe({ topic: target, fromBeginning: true })
  await inTime(() => 'committed records: ' + seen, (resolve, reject) => {
    consumer.run({
      eachMessage: async ({ message }) => {
        seen.push(Number(message.value.toString()))
        if (message.value.toString() === '18') {
          resolve()
        }
      },
    }).catch(reject)
  })
  await consumer.disconnect()
  check(seen.join() === '0,2,4,6,8,10,12,14,16,18', 'only committed records are read: ' + seen)
  const offsets = await admin.fetchOffsets({ groupId: 'kafkajs-moved', topics: [topic] })
  const moved = offsets[0].partitions.find((one) => one.partition === 0).offset
  check(moved === '18', 'the offset of the last committed transaction holds: ' + moved)
}

async function administer(admin) {
  await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] })
  const metadata = await admin.fetchTopicMetadata({ topics: [topic] })
  check(metadata.topics[0].partitions.length === 4, 'there are more partitions')
  const name = [{ name: 'retention.ms', value: '3600000' }]
  await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: topic, configEntries: name }] })
  const config = await admin.describeConfigs({
    includeSynonyms: false, resources: [{ type: 2, name: topic, configNames: ['retention.ms'] }],
  })
  check(config.resources[0].configEntries[0].configValue === '3600000', 'a setting is as it was set')
  await admin.setOffsets({ groupId: 'kafkajs-group', topic, partitions: [{ partition: 0, offset: '5' }] })
  const offsets = await admin.fetchOffsets({ groupId: 'kafkajs-group', topics: [topic] })
  check(offsets[0].partitions.some((one) => one.partition === 0 && one.offset === '5'), 'offsets are set')
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '3' }] })
  const ends = await admin.fetchTopicOffsets(topic)
  check(ends.find((one) => one.partition === 0).low === '3', 'records are deleted')
  const groups = await admin.listGroups()
  check(groups.groups.some((group) => group.groupId === 'kafkajs-group'), 'the group is listed')
  await admin.deleteGroups(['kafkajs-group'])
  await admin.deleteTopics({ topics: [topic] })
  check(!(await admin.listTopics()).includes(topic), 'the topic is gone')
}

async function main() {
  await compression.install()
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] })
  await produce()
  await consume(admin)
  await transactions(admin)
  await administer(admin)
  await admin.disconnect()
  console.log('ok')
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
