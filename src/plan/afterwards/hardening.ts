/** What bounds a container's power, as far as it is known. */
export interface ContainerPower {
  readonly service: string
  /** Absent where it is the image's, which nobody looked into. */
  readonly user?: string
  readonly securityOptions: readonly string[]
  readonly droppedCapabilities: readonly string[]
}

/** Advice in one sentence, for all services together; nothing when there is none to give. */
export function hardeningAdvice(containers: readonly ContainerPower[]): string | undefined {
  const named = (test: (container: ContainerPower) => boolean): string =>
    [...new Set(containers.filter(test).map(({ service }) => service))].sort().join(', ')
  const parts = [
    ['runs as root', named(isRoot)],
    ['may gain privileges (security_opt: [no-new-privileges:true])', named(mayGain)],
    ['keeps all capabilities (cap_drop: [ALL])', named(keepsAll)],
  ].flatMap(([what, services]) => (services === '' ? [] : [`${what}: ${services}`]))
  return parts.length === 0 ? undefined : `containers could have less power; ${parts.join('; ')}`
}

function isRoot({ user }: ContainerPower): boolean {
  return user !== undefined && /^(|0|root)(:|$)/.test(user)
}

function mayGain({ securityOptions }: ContainerPower): boolean {
  return !securityOptions.some((option) => /^no-new-privileges([:=]true)?$/.test(option))
}

function keepsAll({ droppedCapabilities }: ContainerPower): boolean {
  return droppedCapabilities.length === 0
}
