<?php

return [
    'default' => 'sqlite',
    'connections' => ['sqlite' => ['driver' => 'sqlite', 'database' => getenv('SITE_DATA_DIR') . '/site.sqlite3']],
    'migrations' => 'migrations',
];
