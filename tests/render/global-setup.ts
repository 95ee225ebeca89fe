import { docker, ensureNetwork } from './server.ts'

/** The network of the proxy, in this machine's Docker; all files that render bring up apps in it. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (!(await ensureNetwork('belay', []))) return undefined
  return async () => {
    await docker('network', 'rm', 'belay').catch(() => 'in use by now')
  }
}
