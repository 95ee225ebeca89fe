import type { ToyContainer } from '../simulated-docker.ts'

/**
 * What the volumes of a server hold, each a text; a container without one has a text of its own, which
 * goes with it.
 */
export class ToyData {
  readonly #texts = new Map<string, string>()

  copy(other: ToyData): void {
    for (const [place, text] of other.#texts) this.write(place, text)
  }

  /** Where the data of a container is. */
  placeOf({ id, volumes }: Pick<ToyContainer, 'id' | 'volumes'>): string {
    return volumes[0] ?? id
  }

  read(place: string): string {
    return this.#texts.get(place) ?? ''
  }

  write(place: string, text: string): void {
    this.#texts.set(place, text)
  }
}
