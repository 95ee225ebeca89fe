import type { ComposeService } from '../compose-model.ts'

/** An address of a service, like `http://api:3000`, `user@api/x` or `api:3000`, in a text. */
export function hasAddress(text: string, name: string): boolean {
  const escaped = name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  const after = String.raw`(?![\w.-]*[\w])`
  return new RegExp(`(//|@)${escaped}${after}|(^|[\\s=,;"'[])${escaped}:\\d{2,5}\\b`, 'm').test(
    text,
  )
}

/** Whether a service's own settings have an address of another one. */
export function namesInSettings(
  { environment, command, entrypoint }: ComposeService,
  name: string,
): boolean {
  return (
    Object.entries(environment ?? {}).some(([key, value]) => {
      if (value === null) return false
      const isName = value === name && /HOST|SERVER|UPSTREAM|BACKEND/i.test(key)
      return isName || hasAddress(value, name)
    }) || [...(command ?? []), ...(entrypoint ?? [])].some((word) => hasAddress(word, name))
  )
}
