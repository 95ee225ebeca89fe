declare const BELAY_VERSION: string

/** Put in by the build. */
export const version = typeof BELAY_VERSION === 'string' ? BELAY_VERSION : 'unbuilt'
