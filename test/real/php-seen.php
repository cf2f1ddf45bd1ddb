<?php
/** Put before each script of a site that PHP serves itself: one line per request, before its answer. */
file_put_contents('php://stderr', "SEEN {$_SERVER['REQUEST_METHOD']} {$_SERVER['REQUEST_URI']}\n");
