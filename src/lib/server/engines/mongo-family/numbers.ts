import { BSON } from 'mongodb';

/** A number that the server must get as a double, also when it is a whole one. */
export function double(value: number): unknown {
	return new BSON.Double(value);
}

/** A 64-bit integer, which the driver gives as an object when it has more than 53 bits, as a number; anything else as it is. */
export function plainNumber(value: unknown): unknown {
	return value instanceof BSON.Long ? value.toNumber() : value;
}
