// bee.js add|work COUNT - bee-queue: saveAll of lines from stdin, or a worker
// of concurrency 1 that does COUNT jobs
const Queue = require('bee-queue')
const fs = require('fs')

const queue = new Queue('bench', {
  redis: { path: process.env.REDIS_HOST },
  isWorker: process.argv[2] === 'work',
  getEvents: false
})
const count = Number(process.argv[3])

async function add () {
  const jobs = fs.readFileSync(0, 'utf8').trimEnd().split('\n').map(line => {
    const data = JSON.parse(line)
    return queue.createJob(data).setId(data.id)
  })
  for (let i = 0; i < jobs.length; i += 1000) {
    const errors = await queue.saveAll(jobs.slice(i, i + 1000))
    if (errors.size > 0) throw new Error('saveAll')
  }
}

async function work () {
  let done = 0
  await new Promise((resolve, reject) => {
    queue.on('succeeded', () => { if (++done === count) resolve() })
    queue.on('failed', (job, error) => reject(error))
    queue.on('error', reject)
    queue.process(1, async () => ({ result: 'passed' }))
  })
}

queue.ready().then(process.argv[2] === 'add' ? add : work).then(() => process.exit(0),
  error => { console.error(error); process.exit(1) })
