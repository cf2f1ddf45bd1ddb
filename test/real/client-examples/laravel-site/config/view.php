<?php

return ['paths' => [], 'compiled' => getenv('SITE_DATA_DIR')];
