// bull.js add|work COUNT - BullMQ: addBulk of lines from stdin, or a worker of
// concurrency 1 that does COUNT jobs
const { Queue, Worker } = require('bullmq')
const IORedis = require('ioredis')
const fs = require('fs')

const connection = new IORedis(process.env.REDIS_HOST, { maxRetriesPerRequest: null })
const count = Number(process.argv[3])

async function add () {
  const queue = new Queue('bench', { connection })
  const jobs = fs.readFileSync(0, 'utf8').trimEnd().split('\n').map(line => {
    const data = JSON.parse(line)
    return { name: 'task', data, opts: { jobId: data.id } }
  })
  for (let i = 0; i < jobs.length; i += 1000) await queue.addBulk(jobs.slice(i, i + 1000))
  await queue.close()
}

async function work () {
  let done = 0
  await new Promise((resolve, reject) => {
    const worker = new Worker('bench', async () => ({ result: 'passed' }), { connection, concurrency: 1 })
    worker.on('completed', () => { if (++done === count) resolve() })
    worker.on('failed', (job, error) => reject(error))
    worker.on('error', reject)
  })
}

(process.argv[2] === 'add' ? add() : work()).then(() => process.exit(0),
  error => { console.error(error); process.exit(1) })
