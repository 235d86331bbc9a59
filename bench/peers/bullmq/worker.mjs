import { Worker } from 'bullmq';
import pg from 'pg';
import { book } from '../shared/effects.mjs';
import { announce } from '../shared/process.mjs';
import { QUEUE, connection } from './queue.mjs';

const pool = new pg.Pool({ max: 16 });
const worker = new Worker(QUEUE, (job) => book(pool, job.data, job.attemptsMade + 1), { connection, concurrency: 50 });
worker.on('error', console.error);
await worker.waitUntilReady();
announce('ready');
