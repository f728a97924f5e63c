import type { Document } from './wire';

export type Command = { database: string; command: Document };

/** What the server answers instead of `ok: 1`. */
export class MongoRefusal extends Error {
	readonly code: number;
	readonly codeName: string;

	constructor(code: number, codeName: string, errmsg = codeName) {
		super(errmsg);
		this.code = code;
		this.codeName = codeName;
	}
}
