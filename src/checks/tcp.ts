import type { TcpSettings } from '../config/checks/tcp.ts'
import { outOfReach, placesOf, silence } from './asking/places.ts'
import { defineCheck, pass, unknown, worst } from './check.ts'

/**
 * Something takes connections on a port. It is sent a request in HTTP, which most will not like:
 * that it took the connection is what counts, and any answer shows that.
 */
export const tcp = defineCheck<TcpSettings>({
  kind: 'tcp',
  title: ({ port }) => `port ${port}`,

  needs: ({ port, timeoutMs }, subject) => ({
    questions: placesOf(subject, port, 'connection').map(({ way }) => ({
      through: way,
      method: 'GET',
      path: '/',
      host: 'localhost',
      headers: CONNECT_ONLY,
      timeoutMs,
    })),
  }),

  judge: ({ answers }, { port }, subject) => {
    const places = placesOf(subject, port, 'connection')
    if (places.length === 0) return outOfReach(subject)
    return worst(
      places.map(({ name }, index) => {
        const answer = answers[index]
        if (answer === undefined) return [name, unknown(`could not ask port ${port}`)]
        const took = answer.kind === 'answered' || answer.why === 'broken'
        return [name, took ? pass(`port ${port} takes connections`) : silence(answer, port)]
      }),
    )
  },
})

/** Tells the proxy's private listener not to wait for an answer that may never come. */
const CONNECT_ONLY = { 'belay-probe': 'connect' }
