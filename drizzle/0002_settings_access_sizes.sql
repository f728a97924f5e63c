CREATE TABLE `service_sizes` (
	`service_id` text NOT NULL,
	`at` integer NOT NULL,
	`size_bytes` integer NOT NULL,
	PRIMARY KEY(`service_id`, `at`),
	FOREIGN KEY (`service_id`) REFERENCES `services`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
ALTER TABLE `database_users` ADD `access` text;--> statement-breakpoint
ALTER TABLE `services` ADD `settings` text DEFAULT '{}' NOT NULL;