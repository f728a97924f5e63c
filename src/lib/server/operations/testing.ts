import { afterEach, beforeEach } from 'vitest';
import { z } from 'zod';
import { writeTransaction, type Db } from '../db/client';
import { projects } from '../db/schema';
import { openTestDatabase } from '../db/testing';
import { newId } from '../ids';
import { createLogger, Redactor } from '../log';
import { defineOperation, type OperationDefinition, type Step } from './definition';
import { findOperation } from './repository';
import { OperationRunner } from './runner';

export type Input = { word: string };
type Outcome = { intentSeq: number; outcome: string; errorCode: string | null | undefined };

/** A new database for each test, with runners of one kind of operation on it that end with the test. */
export function useRunners() {
	let database: ReturnType<typeof openTestDatabase>;
	let projectId: string;
	let outcomes: Outcome[];
	let runners: OperationRunner[];

	beforeEach(() => {
		database = openTestDatabase();
		projectId = newId('project');
		outcomes = [];
		runners = [];
		database.db
			.insert(projects)
			.values({ id: projectId, name: 'shop', networkIndex: 0, createdAt: new Date() })
			.run();
	});

	afterEach(async () => {
		await Promise.all(runners.map((runner) => runner.stop()));
		database.remove();
	});

	function makeRunner(definition: Partial<OperationDefinition<Input>>, patienceMs?: number) {
		const runner = new OperationRunner({
			db: database.db,
			audit: {
				outcome: (intentSeq, result) => outcomes.push({ intentSeq, ...result, errorCode: result.errorCode }),
			},
			log: createLogger({ level: 'error', redactor: new Redactor() }),
			definitions: [
				defineOperation({
					kind: 'service.create',
					input: z.object({ word: z.string() }),
					steps: [],
					...definition,
				}),
			],
			...(patienceMs === undefined ? {} : { patienceMs }),
		});
		runners.push(runner);
		return runner;
	}

	function begin(runner: OperationRunner, serviceId = newId('service')) {
		return writeTransaction(database.db, (tx) =>
			runner.start(tx, {
				kind: 'service.create',
				projectId,
				serviceId,
				serviceName: 'db',
				input: { word: 'hello' },
				actor: 'ada@example.com',
				auditIntentSeq: 7,
			}),
		);
	}

	async function runToEnd(runner: OperationRunner) {
		const id = begin(runner);
		runner.kick(id);
		await runner.wait(id);
		return stored(id);
	}

	function stored(id: string) {
		const found = findOperation(database.db, id);
		if (!found) throw new Error('no such operation');
		return { ...found.row, steps: found.steps };
	}

	return {
		db: (): Db => database.db,
		/** What the audit was told. */
		outcomes: (): Outcome[] => outcomes,
		...{ makeRunner, begin, runToEnd, stored },
	};
}

/** Steps that write down what was done with them. */
export function recorded(
	journal: string[],
	keys: Step<Input>['key'][],
	fail?: { key: string; error: unknown },
): Step<Input>[] {
	return keys.map((key) => ({
		key,
		run: ({ input }) => {
			journal.push(`${key} ${input.word}`);
			return fail?.key === key ? Promise.reject(fail.error) : Promise.resolve();
		},
		undo: () => {
			journal.push(`undo ${key}`);
			return Promise.resolve();
		},
	}));
}

/** Work that ends with the signal alone. */
export const never = (signal: AbortSignal) =>
	new Promise<void>((_resolve, reject) => {
		signal.addEventListener('abort', () => reject(signal.reason), { once: true });
	});
