import type { Answer, Courier, Letter, Limits } from './courier.ts'
import { writeFiles } from './files.ts'
import { post } from './web.ts'

/** This machine's way out. What mail needs is loaded with the first mail. */
export function ownCourier(): Courier {
  return { deliver }
}

async function deliver(letter: Letter, limits: Limits): Promise<Answer> {
  if (letter.via === 'web') return post(letter, limits)
  if (letter.via === 'files') return writeFiles(letter)
  const { mail } = await import('./mail.ts')
  return mail(letter, limits)
}
