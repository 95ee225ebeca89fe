export type GuaranteeId =
  | 'requests'
  | 'all-or-nothing'
  | 'recovery'
  | 'watchdog'
  | 'lease'
  | 'link'
  | 'proof'

/** A test, by its file and its name as the file spells it. */
export interface Named {
  readonly file: string
  readonly name: string
}

/** As pages write it. */
export function written({ file, name }: Named): string {
  return `\`${file}\` › ${name}`
}
