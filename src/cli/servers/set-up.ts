import { resolve } from 'node:path'
import type { AppConfig } from '../../config/app-config.ts'
import { type BareServer, bareAt } from '../../hosts/bare/bare-server.ts'
import { setupKeyUnusable } from '../../operations/setup/failures.ts'
import { setUp, type SetupReport, type SetupRequest } from '../../operations/setup/setup.ts'
import { configFiles } from '../machine/config-files.ts'
import type { Session } from '../session.ts'
import { reachOf } from '../world.ts'

/** Sets the servers up with what this machine has: its ssh and its keys. */
export function setUpFromHere(
  session: Session,
  config: AppConfig,
  wish: Pick<SetupRequest, 'as' | 'dryRun' | 'agree'> & { readonly key: string | undefined },
): Promise<SetupReport> {
  const { reporter, signal, around, directory } = session
  const reach = reachOf(around.env)
  const given = wish.key === undefined ? undefined : publicKeyIn(resolve(directory, wish.key))
  return setUp(
    { tell: reporter.tell, signal },
    {
      ...wish,
      config,
      key: async (server) => given ?? (await offeredKey(server)),
      bareAt: (address) => bareAt(address, reach),
    },
  )
}

/** The first that ssh would offer, and whose public half is here. */
async function offeredKey(server: BareServer): Promise<string | undefined> {
  for (const file of await server.keyFiles()) {
    const found = configFiles.read(file)
    if (found.kind === 'text' && PUBLIC_KEY.test(found.text.trim())) return found.text.trim()
  }
  return undefined
}

const PUBLIC_KEY =
  /^(ssh-[a-z0-9-]+|ecdsa-sha2-\S+|sk-\S+@openssh\.com) [A-Za-z0-9+/]+=*( [^\n]*)?$/

function publicKeyIn(file: string): string {
  const found = configFiles.read(file)
  if (found.kind === 'missing') throw setupKeyUnusable({ file, reason: 'there is no such file' })
  if (found.kind === 'unreadable') throw setupKeyUnusable({ file, reason: found.reason })
  const text = found.text.trim()
  if (/PRIVATE KEY/.test(text)) throw setupKeyUnusable({ file, reason: 'it is a PRIVATE key' })
  if (!PUBLIC_KEY.test(text))
    throw setupKeyUnusable({ file, reason: 'it is not one line of a key' })
  return text
}
