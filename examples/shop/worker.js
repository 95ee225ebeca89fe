// Counts the visits once a second, as a stand-in for work on a queue.
import { setTimeout as wait } from 'node:timers/promises'
import { Postgres } from './postgres.js'

const { DATABASE_HOST: host, DATABASE_USER: user = 'shop' } = process.env
const database = host === undefined ? undefined : new Postgres({ host, user })
const stopping = new AbortController()
process.on('SIGTERM', () => stopping.abort())
process.on('SIGINT', () => stopping.abort())

console.log('worker: started')
while (!stopping.signal.aborted) {
  try {
    const rows = await database?.query('SELECT count(*) FROM visits')
    if (rows !== undefined) console.log(`worker: ${rows[0][0]} visits`)
  } catch (error) {
    console.log(`worker: ${error.message}`)
  }
  await wait(1000, undefined, { signal: stopping.signal }).catch(() => {})
}
database?.end()
console.log('worker: done')
