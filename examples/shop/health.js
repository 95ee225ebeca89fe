// The health check: exits with 0 when the shop answers 200. The image needs no curl for it.
import { get } from 'node:http'

const port = process.env.LISTEN_PORT ?? 8000
const request = get({ host: '127.0.0.1', port, path: '/health', timeout: 2000 }, (answer) => {
  process.exit(answer.statusCode === 200 ? 0 : 1)
})
request.on('timeout', () => process.exit(1))
request.on('error', () => process.exit(1))
