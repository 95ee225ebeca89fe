/** For tsc: esbuild and vitest hand such files over as text, and kit.ts says `string` of each. */
declare module '*.sh'
