// Uploads files by tus-js-client: a job a line comes in, a line goes out for each that is whole. It breaks off by itself now and then.
import { createReadStream, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { createRequire } from 'node:module'

const tus = createRequire(process.argv[2] + '/')('tus-js-client')
const [endpoint, seed] = [process.argv[3], Number(process.argv[4])]

// SplitMix32: the same seed breaks off at the same bytes.
let state = seed >>> 0
function random() {
  state = (state + 0x9e3779b9) >>> 0
  let z = state
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b)
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35)
  return ((z ^ (z >>> 16)) >>> 0) / 2 ** 32
}

function once(job) {
  return new Promise((resolve) => {
    const size = statSync(job.path).size
    // Half of the files are broken off by the client, once, somewhere.
    let breakAt = random() < 0.5 ? Math.floor(random() * size) : Infinity
    const chunkSize = random() < 0.5 ? Infinity : 256 * 1024 + Math.floor(random() * 2 ** 21)
    const upload = new tus.Upload(createReadStream(job.path), {
      endpoint,
      chunkSize,
      uploadSize: size,
      headers: { Authorization: `Bearer ${job.token}` },
      metadata: { sha256: job.sha256, filename: job.name, filetype: 'image/jpeg' },
      retryDelays: Array(200).fill(200),
      overridePatchMethod: random() < 0.25,
      onProgress(sent) {
        if (sent < breakAt) return
        breakAt = Infinity
        upload.abort().then(() => {
          // A client that comes back later has only the address.
          const url = upload.url
          setTimeout(() => resolve(again(job, url, size)), 50)
        })
      },
      onError: (error) => resolve(`failed: ${error.message}`),
      onSuccess: () => resolve('whole'),
    })
    upload.start()
  })
}

function again(job, url, size) {
  return new Promise((resolve) => {
    const upload = new tus.Upload(createReadStream(job.path), {
      endpoint,
      uploadUrl: url,
      uploadSize: size,
      headers: { Authorization: `Bearer ${job.token}` },
      metadata: { sha256: job.sha256, filename: job.name },
      retryDelays: Array(200).fill(200),
      onError: (error) => resolve(`failed: ${error.message}`),
      onSuccess: () => resolve('whole'),
    })
    upload.start()
  })
}

const jobs = []
for await (const line of createInterface({ input: process.stdin })) jobs.push(JSON.parse(line))
async function worker() {
  for (let job = jobs.shift(); job; job = jobs.shift()) console.log(JSON.stringify({ sha256: job.sha256, outcome: await once(job) }))
}
await Promise.all(Array.from({ length: 4 }, worker))
