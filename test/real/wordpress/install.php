<?php
/** install.php USER PASSWORD: makes the tables, and a user. */
define('WP_INSTALLING', true);
function wp_new_blog_notification() {}
$_SERVER['HTTP_HOST'] = '127.0.0.1';
require ABSPATH . 'wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install('Notes', $argv[1], 'ops@example.com', false, '', $argv[2]);
