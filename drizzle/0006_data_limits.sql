CREATE TABLE `bucket_quotas` (
	`service_id` text NOT NULL,
	`bucket` text NOT NULL,
	`made_at` integer,
	`max_bytes` integer,
	`max_objects` integer,
	PRIMARY KEY(`service_id`, `bucket`),
	FOREIGN KEY (`service_id`) REFERENCES `services`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
ALTER TABLE `services` ADD `data_limit_bytes` integer;