import { describe, expect, it } from 'vitest';
import { withoutPassword } from './statement-text';

describe('a statement as others may read it', () => {
	it.each([
		[`CREATE USER a IDENTIFIED BY 's3cret'`, 'CREATE USER a IDENTIFIED …'],
		[`create user a identified/**/by 's3cret'`, 'create user a identified …'],
		[`ALTER USER a IDENTIFIED WITH x BY 's3cret' REPLACE 's3cret'`, 'ALTER USER a IDENTIFIED …'],
		[`ALTER USER a IDENTIFIED VIA x USING PASSWORD('s3cret')`, 'ALTER USER a IDENTIFIED …'],
		[`GRANT ALL ON *.* TO a@b IDENTIFIED BY 's3cret'`, 'GRANT ALL ON *.* TO a@b IDENTIFIED …'],
		[`SET PASSWORD FOR a = 's3cret'`, 'SET PASSWORD …'],
		[`SET\n/* x */ PASSWORD\t= 's3cret'`, 'SET\n/* x */ PASSWORD …'],
		[`CHANGE MASTER TO MASTER_PASSWORD='s3cret'`, 'CHANGE MASTER TO MASTER_PASSWORD …'],
		[
			`CHANGE REPLICATION SOURCE TO SOURCE_PASSWORD='s3cret'`,
			'CHANGE REPLICATION SOURCE TO SOURCE_PASSWORD …',
		],
		[`START REPLICA USER='a' PASSWORD='s3cret'`, `START REPLICA USER='a' PASSWORD …`],
		[
			`CREATE SERVER s FOREIGN DATA WRAPPER m OPTIONS (PASSWORD 's3cret')`,
			'CREATE SERVER s FOREIGN DATA WRAPPER m OPTIONS (PASSWORD …',
		],
		[`SELECT PASSWORD('s3cret')`, 'SELECT PASSWORD …'],
		[`EXECUTE IMMEDIATE 'SET PASSWORD = "s3cret"'`, `EXECUTE IMMEDIATE 'SET PASSWORD …`],
		[`UPDATE users SET name = 'a', password = 's3cret'`, `UPDATE users SET name = 'a', password …`],
	])('%s', (text, shown) => {
		expect(withoutPassword(text)).toBe(shown);
	});

	it.each([
		'SELECT id, password, name FROM users WHERE id = 1',
		'SELECT SLEEP(60)',
		'SELECT passwords FROM settings',
		'ALTER USER a ACCOUNT LOCK',
		'',
	])('%s stays whole', (text) => {
		expect(withoutPassword(text)).toBe(text);
	});
});
