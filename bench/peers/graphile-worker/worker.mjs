import { Logger, run } from 'graphile-worker';
import pg from 'pg';
import { book } from '../shared/effects.mjs';
import { announce } from '../shared/process.mjs';

const CONCURRENCY = 24;
const pgPool = new pg.Pool({ max: CONCURRENCY + 2 });

// Without a line for every job.
const logger = new Logger(() => (level, message) => {
  if (level === 'error' || level === 'warning') {
    console.error(message);
  }
});

await run({
  pgPool,
  logger,
  concurrency: CONCURRENCY,
  noHandleSignals: true,
  taskList: { webhook: (event, { job }) => book(pgPool, event, job.attempts) },
});
announce('ready');
