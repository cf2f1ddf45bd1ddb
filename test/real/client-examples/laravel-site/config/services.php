<?php

return [
    'gatehouse' => [
        'url' => getenv('GATEHOUSE_URL'),
        'key' => getenv('GATEHOUSE_KEY'),
        'event_secrets' => json_decode(file_get_contents(getenv('SITE_DATA_DIR') . '/secrets.json')),
    ],
];
