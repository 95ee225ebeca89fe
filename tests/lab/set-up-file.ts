import { enterLane } from './lanes.ts'

// Run before each test file, in its process; vitest numbers those that run at once from 1 on.
enterLane(Number(process.env.VITEST_POOL_ID ?? '1'))
