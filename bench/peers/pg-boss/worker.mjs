import pg from 'pg';
import { book } from '../shared/effects.mjs';
import { announce, isOrdered } from '../shared/process.mjs';
import { QUEUE, start } from './queue.mjs';

// Two workers that fetch at once would collide on the keys that are active, and one of them get nothing.
const WORKERS = isOrdered ? 1 : 4;
const BATCH = 100;

const boss = await start({ schedule: false });
const pool = new pg.Pool({ max: 16 });

async function work(id, jobs) {
  // A full batch means that there is more: do not wait for the next poll. In order a batch has one job of a key, and is never full.
  if (isOrdered || jobs.length === BATCH) {
    boss.notifyWorker(id);
  }

  await Promise.all(jobs.map(async (job) => {
    try {
      await book(pool, job.data, (job.retryCount ?? 0) + 1);
    } catch (error) {
      // This one alone: a batch that throws fails as a whole.
      await boss.fail(QUEUE, job.id, error);
    }
  }));
}

for (let i = 0; i < WORKERS; i++) {
  const options = { batchSize: BATCH, pollingIntervalSeconds: 0.5, priority: false, includeMetadata: isOrdered };
  const id = await boss.work(QUEUE, options, (jobs) => work(id, jobs));
}

announce('ready');
