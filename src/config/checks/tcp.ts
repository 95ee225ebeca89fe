import type * as z from 'zod/mini'
import { DEFAULTS } from '../defaults.ts'
import { described, port } from '../source/leaves.ts'
import { timeout } from './leaves.ts'

export type TcpSettings = { readonly port: number; readonly timeoutMs: number }

export function tcpKeys() {
  return {
    port: described(port(), { description: "The container's port.", examples: [6379] }),
    timeout: timeout('When to give up connecting.', DEFAULTS.check.timeout),
  }
}

/** What was written, after the schema has read it. */
type Written = z.output<z.ZodMiniObject<ReturnType<typeof tcpKeys>>>

export function tcpSettings({ port, timeout }: Written): TcpSettings {
  return { port, timeoutMs: timeout }
}
