import { describe, expect, it } from 'vitest'
import { branchNotes } from './branch.ts'

const notes = (branch: string | undefined, checkedOut: string | undefined) =>
  branchNotes({ environment: 'production', ...(branch && { branch }) }, checkedOut)

describe('the branch of an environment', () => {
  it('must be told when another one is checked out', () => {
    expect(notes('main', 'develop')).toEqual([
      {
        level: 'warning',
        about: 'branch',
        text: 'develop is checked out, and production is deployed from main',
      },
    ])
  })
  it('must be no news when it is the one, or when nobody can say', () => {
    expect(notes('main', 'main')).toEqual([])
    expect(notes(undefined, 'develop')).toEqual([])
    expect(notes('main', '')).toEqual([])
    expect(notes('main', undefined)).toEqual([])
  })
})
