/** A stream that output goes to. Never throws: a reader that went away is not our failure. */
export interface Sink {
  write(text: string): void
  readonly isTerminal: boolean
  readonly columns: number
  readonly rows: number
}

export interface OutputStream {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  write(text: string): boolean
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** After `belay … | head` has gone, or the terminal was closed, the run goes on without words. */
export function sinkOf(stream: OutputStream): Sink {
  let isGone = false
  stream.on('error', () => {
    isGone = true
  })
  return {
    write: (text) => {
      if (!isGone) stream.write(text)
    },
    isTerminal: stream.isTTY === true,
    get columns() {
      return stream.columns || 80
    },
    get rows() {
      return stream.rows || 24
    },
  }
}
