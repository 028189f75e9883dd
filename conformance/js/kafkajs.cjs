// What an application does with kafkajs: administers, produces with each built-in codec, consumes in a group.
const { Kafka, CompressionTypes, logLevel } = require('kafkajs')

const kafka = new Kafka({ clientId: 'kafkajs', brokers: [process.argv[2]], logLevel: logLevel.ERROR })
const topic = 'kafkajs'
const count = 500

function check(condition, what) {
  if (!condition) {
    throw new Error('not so: ' + what)
  }
}

async function main() {
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] })
  const producer = kafka.producer({ idempotent: true })
  await producer.connect()
  for (const compression of [CompressionTypes.None, CompressionTypes.GZIP]) {
    const messages = []
    for (let i = 0; i < count; i++) {
      messages.push({ key: 'k' + i, value: compression + '-' + i, headers: { codec: String(compression) } })
    }
    await producer.send({ topic, compression, messages })
  }
  await producer.disconnect()
  const consumer = kafka.consumer({ groupId: 'kafkajs-group' })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const seen = new Set()
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('only ' + seen.size + ' records came')), 60000)
    consumer.run({
      eachMessage: async ({ message }) => {
        check(message.value.toString().startsWith(message.headers.codec.toString()), 'headers come back')
        seen.add(message.value.toString())
        if (seen.size === 2 * count) {
          clearTimeout(timer)
          resolve()
        }
      },
    }).catch(reject)
  })
  await consumer.disconnect()
  const offsets = await admin.fetchOffsets({ groupId: 'kafkajs-group', topics: [topic] })
  const committed = offsets[0].partitions.reduce((sum, p) => sum + Number(p.offset), 0)
  check(committed === 2 * count, 'everything is committed: ' + committed)
  const groups = await admin.listGroups()
  check(groups.groups.some((group) => group.groupId === 'kafkajs-group'), 'the group is listed')
  await admin.deleteTopics({ topics: [topic] })
  await admin.disconnect()
  console.log('ok')
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
