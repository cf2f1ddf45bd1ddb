<?php
/** Of the test's own phpMyAdmin. */
$cfg['blowfish_secret'] = 'only for this test, of 32 bytes.';
$cfg['Servers'][1] = ['auth_type' => 'cookie', 'socket' => getenv('PMA_SOCKET')];
$cfg['VersionCheck'] = false;
