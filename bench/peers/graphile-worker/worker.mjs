import { Logger, run } from 'graphile-worker';
import pg from 'pg';
import { book } from '../shared/effects.mjs';
import { announce, isOrdered } from '../shared/process.mjs';

const CONCURRENCY = 24;
const pgPool = new pg.Pool({ max: CONCURRENCY + 2 });

// Without a line for every job, and for every failure where some are meant to fail.
const logger = new Logger(() => (level, message) => {
  if (level === 'warning' || (level === 'error' && !isOrdered)) {
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
