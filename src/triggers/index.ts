import { gitPush } from './git-push.ts'

/** Every kind of event from outside that can start a run. */
export const TRIGGERS = [gitPush] as const

/** By the kind that a hook was installed for. */
export function triggerOf(kind: string): (typeof TRIGGERS)[number] | undefined {
  return TRIGGERS.find((trigger) => trigger.kind === kind)
}
