// The job of every Node peer: one INSERT.
import { now } from './process.mjs';

const INSERT = {
  name: 'effect',
  text: 'INSERT INTO effects (id, ordering_key, age_ms) VALUES ($1, $2, $3)',
};

/**
 * Books the event.
 * @param {import('pg').Pool} pool
 * @param {number} attempt from 1
 */
export async function book(pool, event, attempt) {
  const age = now() - event.acceptedAt;
  if (attempt <= event.fails) {
    throw new Error('This event fails, as it says.');
  }

  await pool.query({ ...INSERT, values: [event.id, event.key, age] });
}
