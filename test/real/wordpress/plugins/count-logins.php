<?php
/** Writes down each login before it is answered. */
add_action('wp_login', fn($name) => file_put_contents('php://stderr', "LOGIN of $name\n"));
add_action('wp_login_failed', fn($name) => file_put_contents('php://stderr', "REFUSED $name\n"));
