/**
 * Counts the exchanges that lay on the path: one begun while none was under way. What runs beside
 * another costs the caller no waiting of its own.
 */
export class Exchanges {
  #count = 0
  #underWay = 0

  get count(): number {
    return this.#count
  }

  async during<T>(exchange: () => Promise<T>): Promise<T> {
    if (this.#underWay === 0) this.#count += 1
    this.#underWay += 1
    try {
      return await exchange()
    } finally {
      this.#underWay -= 1
    }
  }
}
