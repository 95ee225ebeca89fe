import { dirname, resolve } from 'node:path'
import type { ComposeParcel, RunResult } from '../../../src/hosts/host.ts'

/** As much of `docker compose config` as the contract asks for: one file, in JSON. */
export function toyComposeConfig(parcel: ComposeParcel): RunResult {
  const [path = ''] = parcel.files
  const found = parcel.contents.find((each) => each.path === path)
  if (found === undefined) return refused(`open ${path}: no such file or directory`)
  const written = new TextDecoder().decode(found.content)
  const text = written.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => parcel.values[name] ?? '')
  const { services } = JSON.parse(text, (_, value) => absolute(value, dirname(path))) as Toy
  for (const [name, { image }] of Object.entries(services)) {
    if (image === undefined) return refused(`validating ${path}: services.${name} has no image`)
  }
  return { code: 0, stdout: JSON.stringify({ name: parcel.project, services }), stderr: '' }
}

interface Toy {
  readonly services: Readonly<Record<string, { readonly image?: string }>>
}

function absolute(value: unknown, folder: string): unknown {
  return typeof value === 'string' && value.startsWith('./') ? resolve(folder, value) : value
}

function refused(text: string): RunResult {
  return { code: 15, stdout: '', stderr: `${text}\n` }
}
