// What an application does with @platformatic/kafka: administers, produces with every codec that Node.js has, consumes
// in a group whose members come and go, and writes in transactions.
import { Admin, Consumer, FetchIsolationLevels, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'

const bootstrapBrokers = [process.argv[2]]
const topic = 'platformatic'
const count = 300
const codecs = ['none', 'gzip', 'snappy', 'lz4']
const base = { clientId: 'platformatic', bootstrapBrokers, autocreateTopics: false }

function check(condition, what) {
  if (!condition) {
    throw new Error('not so: ' + what)
  }
}

async function until(what, condition) {
  const end = Date.now() + 60000
  while (!(await condition())) {
    check(Date.now() < end, what())
    await new Promise((soon) => setTimeout(soon, 50))
  }
}

async function produce() {
  for (const compression of codecs) {
    const producer = new Producer({ ...base, serializers: stringSerializers, compression, idempotent: true, acks: -1 })
    const messages = []
    for (let i = 0; i < count; i++) {
      messages.push({ topic, key: 'k' + i, value: compression + '-' + i, headers: { codec: compression } })
    }
    await producer.send({ messages })
    await producer.close()
  }
}

// A consumer that is closed while its group rebalances may still say that it could not join again (1.35.0).
async function member(group, topics, isolationLevel, take) {
  const consumer = new Consumer({ ...base, groupId: group, deserializers: stringDeserializers })
  consumer.on('error', (error) => {
    if (!consumer.closed) {
      throw error
    }
  })
  const stream = await consumer.consume({
    topics, mode: 'committed', fallbackMode: 'earliest', autocommit: 100, sessionTimeout: 10000,
    heartbeatInterval: 500, maxWaitTime: 200, isolationLevel,
  })
  stream.on('data', take)
  return { consumer, stream }
}

// A record may be read twice when the group rebalances: what was read is counted by position. A fetch that is under way
// when the group rebalances may bring records of a partition that is another member's by then, and this client commits
// them all the same, perhaps after that member committed more (1.35.0): a member that is alone reads and commits the rest.
async function consume(admin) {
  const seen = new Set()
  const positions = new Set()
  const read = [0, 0, 0]
  const take = (index) => (message) => {
    check(message.value.startsWith(message.headers.get('codec')), 'headers come back')
    seen.add(message.value)
    positions.add(message.partition + ':' + message.offset)
    read[index]++
  }
  const committed = async () => {
    const offsets = await admin.listConsumerGroupOffsets({
      groups: [{ groupId: 'platformatic-group', topics: [{ name: topic, partitionIndexes: [0, 1] }] }],
    })
    return offsets[0].topics[0].partitions.reduce((sum, one) => sum + Math.max(0, Number(one.committedOffset)), 0)
  }
  const first = await member('platformatic-group', [topic], FetchIsolationLevels.READ_COMMITTED, take(0))
  const total = codecs.length * count
  await until(() => 'the first member reads: ' + seen.size, () => seen.size === total)
  await until(() => 'the first member commits all that it read', async () => (await committed()) === total)
  const second = await member('platformatic-group', [topic], FetchIsolationLevels.READ_COMMITTED, take(1))
  await until(() => 'both members are described', async () => {
    const group = (await admin.describeGroups({ groups: ['platformatic-group'] })).get('platformatic-group')
    return group.members.size === 2 && group.state === 'STABLE'
  })
  await produce()
  await until(() => 'both members read: ' + read, () => positions.size === 2 * total && read[1] > 0)
  await first.stream.close()
  await second.stream.close()
  await first.consumer.close(true)
  await second.consumer.close(true)
  let last
  const alone = await member('platformatic-group', [topic], FetchIsolationLevels.READ_COMMITTED, take(2))
  await until(() => 'everything is committed: ' + last, async () => (last = await committed()) === 2 * total)
  await alone.stream.close()
  await alone.consumer.close(true)
  check(positions.size === 2 * total, 'nothing else is read: ' + positions.size)
}

// One of them is aborted: of several in one fetch this client knows the last one only (1.35.0).
async function transactions() {
  const target = 'platformatic-transactions'
  const producer = new Producer({
    ...base, serializers: stringSerializers, idempotent: true, transactionalId: 'platformatic-id', acks: -1,
  })
  for (let i = 0; i < 20; i++) {
    const transaction = await producer.beginTransaction()
    await transaction.send({ messages: [{ topic: target, key: 'k', value: String(i) }] })
    if (i === 7) {
      await transaction.abort()
    } else {
      await transaction.commit()
    }
  }
  await producer.close()
  const seen = []
  const reader = await member('platformatic-committed', [target], FetchIsolationLevels.READ_COMMITTED, (message) => seen.push(message.value))
  await until(() => 'committed records: ' + seen, () => seen.includes('19'))
  await reader.stream.close()
  await reader.consumer.close(true)
  check(seen.join() === '0,1,2,3,4,5,6,8,9,10,11,12,13,14,15,16,17,18,19', 'only committed records are read: ' + seen)
}

async function main() {
  const admin = new Admin(base)
  await admin.createTopics({ topics: [topic], partitions: 2, replicas: 1 })
  await admin.createTopics({ topics: ['platformatic-transactions'], partitions: 1, replicas: 1 })
  check((await admin.listTopics()).includes(topic), 'the topic is listed')
  await produce()
  await consume(admin)
  await transactions()
  check((await admin.listGroups()).has('platformatic-group'), 'the group is listed')
  await admin.deleteGroups({ groups: ['platformatic-group'] })
  await admin.deleteTopics({ topics: [topic] })
  check(!(await admin.listTopics()).includes(topic), 'the topic is gone')
  await admin.close()
  console.log('ok')
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
