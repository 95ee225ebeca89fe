import type { SqliteTarget } from '../config/pipeline/backup-target.ts'
import { defineBackup } from './backup.ts'

/** A file, and the journals beside it that SQLite needs to make sense of it. */
export const sqlite = defineBackup<SqliteTarget>({
  kind: 'sqlite',
  ending: 'tar.gz',
  proof: { kind: 'tar' },
  title: ({ service, path }) => `${path} of ${service}`,
  recipe: ({ path }) => ({
    how: { way: 'file', path },
  }),
  restore: ({ path }) => ({ how: { way: 'file', path } }),
  trial: ({ path }) => ({ way: 'file', path }),
})
