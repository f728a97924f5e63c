import type { Connection, Submittable } from 'pg';

/** As the server sends them: text, or null. */
export type RawRow = (string | null)[];
export type RawField = { name: string; typeOid: number };
export type RawResult = {
	fields: RawField[];
	rows: RawRow[];
	/** There were more rows than asked for. */
	isCut: boolean;
	/** Such as `INSERT 0 3`; null when rows were left out. */
	commandTag: string | null;
};

/** COPY from or to the client, which a text box is not. */
export class CopyRefused extends Error {}

type Description = { fields: { name: string; dataTypeID: number }[] };

/**
 * One statement by the extended protocol, which takes no second one, run until it has given `maxRows` rows: the server then stops, so that
 * a billion rows never enter memory. The `pg` driver's own queries fetch until the end.
 */
export class LimitedQuery implements Submittable {
	readonly done: Promise<RawResult>;
	readonly #text: string;
	readonly #values: (string | null)[];
	readonly #maxRows: number;
	readonly #result: RawResult = { fields: [], rows: [], isCut: false, commandTag: null };
	#settle: { resolve: (result: RawResult) => void; reject: (error: unknown) => void };

	constructor(text: string, { values = [], maxRows }: { values?: (string | null)[]; maxRows: number }) {
		this.#text = text;
		this.#values = values;
		this.#maxRows = maxRows;
		this.#settle = { resolve: () => undefined, reject: () => undefined };
		this.done = new Promise((resolve, reject) => {
			this.#settle = { resolve, reject };
		});
	}

	submit(connection: Connection): void {
		connection.parse({ name: '', text: this.#text, types: [] }, true);
		connection.bind({ portal: '', statement: '', values: this.#values }, true);
		connection.describe({ type: 'P', name: '' }, true);
		// One more than wanted tells whether there are more.
		connection.execute({ portal: '', rows: String(this.#maxRows + 1) }, true);
		connection.sync();
	}

	handleRowDescription({ fields }: Description): void {
		this.#result.fields = fields.map(({ name, dataTypeID }) => ({ name, typeOid: dataTypeID }));
	}

	handleDataRow({ fields }: { fields: RawRow }): void {
		if (this.#result.rows.length < this.#maxRows) this.#result.rows.push(fields);
		else this.#result.isCut = true;
	}

	handlePortalSuspended(): void {
		this.#result.isCut = true;
	}

	handleCommandComplete({ text }: { text: string }): void {
		this.#result.commandTag = text;
	}

	handleEmptyQuery(): void {
		// An empty text: no rows, no tag.
	}

	handleCopyInResponse(connection: Connection): void {
		this.#refuseCopy(connection);
	}

	handleCopyData(_message: unknown, connection: Connection): void {
		this.#refuseCopy(connection);
	}

	handleError(error: unknown): void {
		this.#settle.reject(error);
	}

	handleReadyForQuery(): void {
		this.#settle.resolve(this.#result);
	}

	#refuseCopy(connection: Connection): void {
		this.#settle.reject(new CopyRefused('COPY from or to the client does not run here'));
		connection.stream.destroy();
	}
}
