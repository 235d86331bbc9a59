import { makeWorkerUtils } from 'graphile-worker';
import pg from 'pg';
import { isOrdered, shardOf } from '../shared/process.mjs';
import { receive } from '../shared/receive.mjs';

const utils = await makeWorkerUtils({ pgPool: new pg.Pool({ max: 10 }) });
await utils.migrate();

// A named queue does one job at a time. It does not wait for a job that is tried again later.
receive(async (event) => {
  const options = { jobKey: event.id, jobKeyMode: 'unsafe_dedupe', maxAttempts: 6, ...(isOrdered && { queueName: shardOf(event.key) }) };
  const job = await utils.addJob('webhook', event, options);
  return job.revision > 0;
});
