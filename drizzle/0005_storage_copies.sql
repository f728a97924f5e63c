CREATE TABLE `storage_copies` (
	`id` text PRIMARY KEY NOT NULL,
	`service_id` text NOT NULL,
	`source_service_id` text,
	`source_name` text NOT NULL,
	`endpoint` text,
	`region` text,
	`access_key_id` text,
	`secret_cell` text,
	`is_path_style` integer DEFAULT true NOT NULL,
	`is_in_own_network` integer DEFAULT false NOT NULL,
	`carries_keys` integer DEFAULT false NOT NULL,
	`keys` text DEFAULT '[]' NOT NULL,
	`state` text NOT NULL,
	`wish` text,
	`operation_id` text,
	`created_at` integer NOT NULL,
	`ended_at` integer,
	FOREIGN KEY (`service_id`) REFERENCES `services`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `storage_copies_service` ON `storage_copies` (`service_id`,`created_at`);--> statement-breakpoint
CREATE TABLE `storage_copy_buckets` (
	`copy_id` text NOT NULL,
	`position` integer NOT NULL,
	`source` text NOT NULL,
	`target` text NOT NULL,
	`cursor` text,
	`is_copied` integer DEFAULT false NOT NULL,
	`is_compared` integer DEFAULT false NOT NULL,
	`seen` integer DEFAULT 0 NOT NULL,
	`copied` integer DEFAULT 0 NOT NULL,
	`copied_bytes` integer DEFAULT 0 NOT NULL,
	`same` integer DEFAULT 0 NOT NULL,
	`bytes_per_second` integer DEFAULT 0 NOT NULL,
	`uploads` text DEFAULT '{}' NOT NULL,
	`left_behind` text DEFAULT '{}' NOT NULL,
	`source_objects` integer,
	`source_bytes` integer,
	`target_objects` integer,
	`target_bytes` integer,
	`missing` integer DEFAULT 0 NOT NULL,
	`different` integer DEFAULT 0 NOT NULL,
	`refused` integer DEFAULT 0 NOT NULL,
	PRIMARY KEY(`copy_id`, `position`),
	FOREIGN KEY (`copy_id`) REFERENCES `storage_copies`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `storage_copy_findings` (
	`copy_id` text NOT NULL,
	`position` integer NOT NULL,
	`key` text NOT NULL,
	`finding` text NOT NULL,
	`reason` text NOT NULL,
	PRIMARY KEY(`copy_id`, `position`, `key`),
	FOREIGN KEY (`copy_id`) REFERENCES `storage_copies`(`id`) ON UPDATE no action ON DELETE cascade
);
