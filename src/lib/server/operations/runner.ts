import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OperationKind } from '$lib/shared/operations';
import type { Audit } from '../audit/audit';
import { writeTransaction, type Db } from '../db/client';
import { AppError } from '../errors';
import { newId } from '../ids';
import type { Logger } from '../log';
import { OperationBus } from './bus';
import type { AnyOperation } from './definition';
import { Execution, PATIENCE_MS } from './execution';
import {
	findOperation,
	findRunning,
	insertOperation,
	listUnowned,
	releaseLeases,
	renewLeases,
	updateOperation,
	type OperationRow,
} from './repository';
import { operationView, type OperationView } from './view';

const LEASE_MS = 30_000;
const RENEW_MS = 10_000;
/** How long `stop()` waits for steps that are under way. */
const STOP_LIMIT_MS = 8_000;
/** An operation taken up this often brings the panel down each time: it is undone instead. */
const MAX_ATTEMPTS = 25;

export type StartRequest = {
	kind: OperationKind;
	projectId: string;
	serviceId: string;
	serviceName: string;
	input: Record<string, unknown>;
	actor: string;
	auditIntentSeq: number | null;
};

export type RunnerDeps = {
	db: Db;
	audit: Pick<Audit, 'outcome'>;
	log: Logger;
	definitions: AnyOperation[];
	/** Default: `PATIENCE_MS`. */
	patienceMs?: number;
};

/** Runs long work durably: rows first, then idempotent steps; what a dead process left is taken up by the next one. */
export class OperationRunner {
	readonly bus = new OperationBus();
	/** Marks this process's leases. */
	readonly owner = randomBytes(8).toString('hex');
	readonly #deps: RunnerDeps;
	readonly #definitions: Map<OperationKind, AnyOperation>;
	readonly #running = new Map<string, { execution: Execution; done: Promise<void> }>();
	readonly #stopping = new AbortController();
	#renewal: NodeJS.Timeout | null = null;

	constructor(deps: RunnerDeps) {
		this.#deps = deps;
		this.#definitions = new Map(deps.definitions.map((definition) => [definition.kind, definition]));
	}

	/**
	 * Writes the operation inside the caller's transaction and returns its id; `kick` it once that is committed. Throws
	 * SERVICE_BUSY, naming the operation that runs on the service already.
	 */
	start(tx: Db, request: StartRequest): string {
		const running = findRunning(tx, request.serviceId);
		if (running) throw busy(running);
		const { stepKeys } = this.#definition(request.kind);
		const id = newId('operation');
		insertOperation(tx, { ...request, id, stepKeys });
		return id;
	}

	/** Begins the work of a committed operation; fine when it is under way or over. */
	kick(operationId: string): void {
		if (this.#stopping.signal.aborted || this.#running.has(operationId)) return;
		const found = findOperation(this.#deps.db, operationId);
		if (!found || found.row.status !== 'running') return;
		const lease = this.#takeUp(found.row);
		const { definitions: _definitions, ...deps } = this.#deps;
		const execution = new Execution(
			{ patienceMs: PATIENCE_MS, ...deps, bus: this.bus, signal: this.#stopping.signal },
			this.#definition(found.row.kind),
			{ row: { ...found.row, ...lease }, steps: found.steps },
		);
		const done = this.#run(operationId, execution);
		this.#running.set(operationId, { execution, done });
		this.#renewal ??= setInterval(() => this.#renew(), RENEW_MS).unref();
	}

	/**
	 * At boot: takes up every operation that another process left. Its lease is not waited for, since the lock on the data folder
	 * proves that process dead.
	 */
	resumeAll(): Promise<void> {
		for (const row of listUnowned(this.#deps.db, this.owner)) {
			this.#deps.log.info('operation taken up', {
				operation: row.id,
				kind: row.kind,
				attempts: row.attempts,
			});
			this.kick(row.id);
		}
		return Promise.resolve();
	}

	/** Its row once it has ended, or as it is when the panel stops before. Throws NOT_FOUND. */
	async wait(operationId: string): Promise<OperationRow> {
		await this.#running.get(operationId)?.done;
		const found = findOperation(this.#deps.db, operationId);
		if (!found) throw new AppError('NOT_FOUND');
		return found.row;
	}

	/** Ends an operation at its present step and takes back what it did. Throws OPERATION_NOT_CANCELLABLE. */
	cancel(operationId: string): void {
		const running = this.#running.get(operationId);
		if (!running) throw new AppError('OPERATION_NOT_CANCELLABLE');
		running.execution.cancel();
	}

	/** The newest view: live while it runs here, else as stored. */
	view(operationId: string): OperationView | undefined {
		const running = this.#running.get(operationId);
		if (running) return running.execution.view();
		const found = findOperation(this.#deps.db, operationId);
		return found && operationView(found.row, found.steps);
	}

	/** Ends at the next point between steps, or inside one that waits; what is not over goes on at the next start. */
	async stop(): Promise<void> {
		this.#stopping.abort(new Error('the panel is stopping'));
		const all = Promise.all([...this.#running.values()].map(({ done }) => done));
		const limit = new AbortController();
		await Promise.race([all, sleep(STOP_LIMIT_MS, undefined, { signal: limit.signal }).catch(() => {})]);
		limit.abort();
		if (this.#renewal) clearInterval(this.#renewal);
		this.#tolerantly('leases not released', (tx) => releaseLeases(tx, this.owner));
	}

	#definition(kind: OperationKind): AnyOperation {
		const definition = this.#definitions.get(kind);
		if (!definition) throw new AppError('INTERNAL', { message: `no definition of ${kind}` });
		return definition;
	}

	#takeUp(row: OperationRow) {
		const attempts = row.attempts + 1;
		const lease = { attempts, leaseOwner: this.owner, leaseUntil: new Date(Date.now() + LEASE_MS) };
		const isHopeless = attempts > MAX_ATTEMPTS && row.errorCode === null;
		const values = isHopeless ? { ...lease, errorCode: 'OPERATION_INTERRUPTED' as const } : lease;
		// On a full disk the work begins all the same: its own first write then waits for room.
		this.#tolerantly('lease not stored', (tx) => updateOperation(tx, row.id, values));
		return values;
	}

	async #run(operationId: string, execution: Execution): Promise<void> {
		// The caller's transaction has just ended; its answer goes out before the work begins.
		await new Promise((resolve) => setImmediate(resolve));
		try {
			await execution.run();
		} catch (error) {
			this.#deps.log.error('operation broke off', { operation: operationId, error });
		} finally {
			this.#running.delete(operationId);
			if (this.#running.size === 0 && this.#renewal) {
				clearInterval(this.#renewal);
				this.#renewal = null;
			}
		}
	}

	#renew(): void {
		const until = new Date(Date.now() + LEASE_MS);
		this.#tolerantly('leases not renewed', (tx) => renewLeases(tx, this.owner, until));
	}

	#tolerantly(event: string, write: (tx: Db) => void): void {
		try {
			writeTransaction(this.#deps.db, write);
		} catch (error) {
			this.#deps.log.warn(event, { error });
		}
	}
}

/** What the second of two people gets: SERVICE_BUSY with the running operation's id and kind. */
export function busy(running: OperationRow): AppError {
	return new AppError('SERVICE_BUSY', { details: { operationId: running.id, kind: running.kind } });
}
