// Stands in for `ssh` and passes on what goes to and comes from a kit's session: `tap.mjs SOCKET
// SSH ARGUMENT…`. The test on the other end of the socket is told of every request before it goes,
// and of every answer before it comes, and says what becomes of it.
import { spawn } from 'node:child_process'
import { connect } from 'node:net'

const [socketPath, ssh, ...argv] = process.argv.slice(2)
const host = argv.find((word) => /^lab\d+$/.test(word))
const child = spawn(ssh, argv, { stdio: ['pipe', 'pipe', 'inherit'] })
child.on('close', (code) => process.exit(code ?? 255))
child.stdin.on('error', () => {})
process.stdout.on('error', () => {})

const teller = connect(socketPath).setEncoding('utf8')
teller.on('error', () => process.exit(255))
let waiting = () => {}
let heard = ''
teller.on('data', (text) => {
  heard += text
  const end = heard.indexOf('\n')
  if (end === -1) return
  const word = heard.slice(0, end)
  heard = heard.slice(end + 1)
  waiting(word)
})

// One question at a time: two streams must not take each other's answers.
let turn = Promise.resolve()
function ask(question) {
  const mine = turn.then(
    () =>
      new Promise((answer) => {
        waiting = answer
        teller.write(`${JSON.stringify(question)}\n`)
      }),
  )
  turn = mine
  return mine
}

const REQUEST = /^(\d+) (\d+) ([a-z-]+) ?(.*)$/
const END = /^(\d+) \. (\d+)$/
const underWay = new Map()

/** The lines of a stream one after another, with the bytes that follow one where asked. */
async function eachLine(stream, handle) {
  let rest = Buffer.alloc(0)
  const chunks = stream[Symbol.asyncIterator]()
  const more = async () => {
    const { value, done } = await chunks.next()
    if (!done) rest = Buffer.concat([rest, value])
    return !done
  }
  const take = async (count) => {
    while (rest.length < count) if (!(await more())) break
    const bytes = rest.subarray(0, count)
    rest = rest.subarray(count)
    return bytes
  }
  for (;;) {
    const end = rest.indexOf(10)
    if (end >= 0) {
      const line = await take(end + 1)
      await handle(line, take)
    } else if (!(await more())) {
      return rest
    }
  }
}

async function passRequests() {
  const left = await eachLine(process.stdin, async (line, take) => {
    const [, id, bytes, verb, words] = REQUEST.exec(line.toString('utf8').trimEnd()) ?? []
    if (id === undefined) {
      child.stdin.write(line)
      return
    }
    const payload = await take(Number(bytes))
    const head = payload.subarray(0, 4000).toString('utf8').split('\n')
    const request = {
      host,
      id,
      verb,
      words: words.split(' '),
      note: head[0],
      lines: head.slice(1, 4),
    }
    underWay.set(id, request)
    const word = await ask({ moment: 'before', ...request })
    if (word === 'drop') return
    const whole = Buffer.concat([line, payload])
    child.stdin.write(word === 'half' ? whole.subarray(0, whole.length >> 1) : whole)
    if (word !== 'half') await ask({ moment: 'during', ...request })
  })
  child.stdin.end(left)
}

async function passAnswers() {
  const left = await eachLine(child.stdout, async (line) => {
    const [, id] = END.exec(line.toString('utf8').trimEnd()) ?? []
    const request = underWay.get(id)
    if (request !== undefined) {
      underWay.delete(id)
      if ((await ask({ moment: 'after', ...request })) === 'drop') return
    }
    process.stdout.write(line)
  })
  process.stdout.write(left)
}

void passRequests()
void passAnswers()
