import type { AppConfig } from '../../config/app-config.ts'
import { type BackupRecord, newestFirst } from '../../plan/backup.ts'
import { type Fleet, observedOn } from '../fleet.ts'
import { type Unseen, withSurvey } from '../look/survey.ts'
import type { World } from '../world.ts'

export interface HostBackups {
  readonly host: string
  /** Where they lie on it. */
  readonly folder: string
  /** The newest first. */
  readonly backups: readonly BackupRecord[]
}

export interface BackupsReport {
  readonly app: string
  readonly environment: string
  readonly at: string
  readonly hosts: readonly HostBackups[]
  readonly unreachable: readonly Unseen[]
}

/** What is backed up on each host, as it lies there. */
export function listBackups(world: World, config: AppConfig): Promise<BackupsReport> {
  return withSurvey(world, config, async ({ seen, unseen }) => ({
    ...headOf(world, config),
    hosts: seen.map(({ host, observed }) => ({
      host,
      folder: folderOf(config, observed.facts.stateRoot),
      backups: observed.backups.toSorted(newestFirst),
    })),
    unreachable: unseen,
  }))
}

export function reportOf(world: World, config: AppConfig, fleet: Fleet): BackupsReport {
  const hosts = fleet.names.map((host) => {
    const { facts, backups } = observedOn(fleet, host)
    return {
      host,
      folder: folderOf(config, facts.stateRoot),
      backups: backups.toSorted(newestFirst),
    }
  })
  return { ...headOf(world, config), hosts, unreachable: [] }
}

function headOf(world: World, { app, environment }: AppConfig) {
  return { app, environment, at: new Date(world.clock.now()).toISOString() }
}

function folderOf({ app, environment }: AppConfig, stateRoot: string): string {
  return `${stateRoot}/${app}/${environment}/backups`
}
