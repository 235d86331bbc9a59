import pg from 'pg';
import { book } from '../shared/effects.mjs';
import { announce } from '../shared/process.mjs';
import { QUEUE, start } from './queue.mjs';

const WORKERS = 4;
const BATCH = 100;

const boss = await start({ schedule: false });
const pool = new pg.Pool({ max: 16 });

async function work(id, jobs) {
  // A full batch means that there is more: do not wait for the next poll.
  if (jobs.length === BATCH) {
    boss.notifyWorker(id);
  }

  await Promise.all(jobs.map((job) => book(pool, job.data, 1)));
}

for (let i = 0; i < WORKERS; i++) {
  const id = await boss.work(QUEUE, { batchSize: BATCH, pollingIntervalSeconds: 0.5, priority: false }, (jobs) => work(id, jobs));
}

announce('ready');
