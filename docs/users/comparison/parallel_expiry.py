"""What happens when 200 callers meet a dead session: the usual Django module against Gatehouse.

Needs Python 3.9 with `requests`, and a running `npm start`. See docs/users/comparison.md.
"""
import argparse
import hashlib
import multiprocessing
import threading
import time

import requests

CREDENTIALS = {"user_no": "SZX0231", "username": "张伟", "password": "gongdan-2026"}
SOLVER = {"user": "sandbox", "pass2": hashlib.md5(b"chaojiying-2026").hexdigest(), "softid": "961234"}
CAPTCHA_ATTEMPTS = 3


class SessionManager:
    """As such modules are written: one requests.Session per worker, cookies shared in Redis (here `store`)."""

    def __init__(self, platform, solver, store):
        self.platform, self.solver, self.store = platform, solver, store
        self.session = requests.Session()

    def take_stored_cookies(self):
        self.session.cookies.clear()
        self.session.cookies.update(self.store.get("session:main", {}))

    def solve(self, image):
        files = {"userfile": ("captcha.png", image)}
        answer = requests.post(
            self.solver + "/Upload/Processing.php", data={**SOLVER, "codetype": "1004"}, files=files, timeout=30
        ).json()
        return answer.get("pic_str", "") if answer["err_no"] == 0 else ""

    def login(self):
        self.session.cookies.clear()
        for _ in range(CAPTCHA_ATTEMPTS):
            image = self.session.get(self.platform + "/baseclass/include/img.php", timeout=30).content
            form = {**CREDENTIALS, "captcha": self.solve(image)}
            response = self.session.post(
                self.platform + "/user_login.php", data=form, allow_redirects=False, timeout=30
            )
            if response.status_code == 302:
                self.store["session:main"] = self.session.cookies.get_dict()
                return True
            # The header names no charset, so requests decodes GBK as ISO-8859-1: this never matches,
            # and every refusal looks like every other.
            if "密码" in response.text:
                return False
        return False

    def get(self, path):
        url = self.platform + path
        self.take_stored_cookies()
        response = self.session.get(url, allow_redirects=False, timeout=30)
        if response.status_code == 302:
            if not self.login():
                raise RuntimeError("login failed")
            response = self.session.get(url, allow_redirects=False, timeout=30)
        response.raise_for_status()
        return response.json()


def django_worker(calls, threads, barrier, options, store, served):
    shared = SessionManager(options.platform, options.solver, store)

    def call(number):
        manager = SessionManager(options.platform, options.solver, store) if options.own_session else shared
        return manager.get("/api/user/%d" % number)["data"]

    run_calls(calls, threads, barrier, served, call)


def gatehouse_worker(calls, threads, barrier, options, store, served):
    headers = {"Authorization": "Bearer " + options.key}
    url = options.gatehouse + "/v1/services/CITY_CENTER_WORK_ORDER/operations/getUserInfo"
    run_calls(
        calls,
        threads,
        barrier,
        served,
        lambda n: requests.post(url, json={"params": {"userId": str(n)}}, headers=headers, timeout=60).json()["data"],
    )


def run_calls(calls, threads, barrier, served, call):
    def work(mine):
        for number in mine:
            try:
                call(number)
                with served.get_lock():
                    served.value += 1
            except Exception:
                pass  # A caller that failed; what is counted is who was served.

    workers = [threading.Thread(target=work, args=(calls[index::threads],)) for index in range(threads)]
    barrier.wait()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def control(address, change=None):
    url = address + "/__control"
    return (requests.get(url) if change is None else requests.post(url, json=change)).json()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("who", choices=["django", "gatehouse"])
    parser.add_argument("--platform", required=True, help="address of the sandbox's work-order platform")
    parser.add_argument("--solver", required=True, help="address of the sandbox's Chaojiying")
    parser.add_argument("--gatehouse", default="http://127.0.0.1:3000")
    parser.add_argument("--key", default="")
    parser.add_argument("--callers", type=int, default=200)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--threads", type=int, default=25, help="per process; 1 is gunicorn's sync worker")
    parser.add_argument("--own-session", action="store_true", help="django: a requests.Session per call, not per process")
    parser.add_argument("--refuse", action="store_true", help="the platform refuses the password meanwhile")
    options = parser.parse_args()

    # Somebody is logged in, then the platform ends the session.
    control(options.platform, {"reset": True, "slowMs": 100})
    control(options.solver, {"reset": True, "slowMs": 300})
    manager = multiprocessing.Manager()
    store = manager.dict()
    if options.who == "django":
        SessionManager(options.platform, options.solver, store).login()
    else:
        first = {"params": {"userId": "1"}}
        headers = {"Authorization": "Bearer " + options.key}
        url = options.gatehouse + "/v1/services/CITY_CENTER_WORK_ORDER/operations/getUserInfo"
        requests.post(url, json=first, headers=headers, timeout=60)
    before, paid = control(options.platform)["counters"], control(options.solver)["counters"]["pointsSpent"]
    control(options.platform, {"expireSessions": True, "refuseCredentials": options.refuse})

    served = multiprocessing.Value("i", 0)
    barrier = multiprocessing.Barrier(options.processes + 1)
    base = int(time.time()) % 1_000_000 * 1_000  # Users nobody asked for before: no cache helps.
    numbers = list(range(base, base + options.callers))
    worker = django_worker if options.who == "django" else gatehouse_worker
    processes = [
        multiprocessing.Process(
            target=worker,
            args=(numbers[index :: options.processes], options.threads, barrier, options, store, served),
        )
        for index in range(options.processes)
    ]
    for process in processes:
        process.start()
    barrier.wait()
    started = time.time()
    for process in processes:
        process.join()
    took = time.time() - started

    platform, solver = control(options.platform), control(options.solver)["counters"]
    after = platform["counters"]
    print("callers served    %d of %d in %.1f s" % (served.value, options.callers, took))
    for name in ["captchas", "logins", "wrongCaptchas", "loginFailures"]:
        print("%-17s %d" % (name, after[name] - before[name]))
    print("%-17s %d" % ("points paid", solver["pointsSpent"] - paid))
    print("%-17s %d" % ("reported", solver["reports"]))
    print("%-17s %s" % ("account locked", "yes" if platform["accountLocked"] else "no"))
    control(options.platform, {"reset": True})
    control(options.solver, {"reset": True})


if __name__ == "__main__":
    main()
