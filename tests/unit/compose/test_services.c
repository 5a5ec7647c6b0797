#include "compose_world.h"

static struct scene w;
static struct pack *p;

static void begin(void)
{
	scene_init(&w);
	p = scene_package(&w, "nginx", "1", "nginx");
	pack_file(&w, p, "usr/lib/systemd/system/nginx.service",
		  "[Unit]\nWantedBy=no.target\n[Install]\n# WantedBy=no.target\n"
		  "WantedBy=multi-user.target  extra.target\nRequiredBy=need.target\n"
		  "Alias=web.service\nAlso=nginx.timer missing.service\n", 0644);
	pack_file(&w, p, "usr/lib/systemd/system/nginx.timer",
		  "[Install]\nWantedBy = timers.target\nAlso=nginx.service\n", 0644);
	pack_file(&w, p, "usr/lib/systemd/system/worker@.service",
		  "[Install]\nWantedBy=multi-user.target\nAlias=w@%i.service\n"
		  "DefaultInstance=one\n", 0644);
}

static void end(void)
{
	scene_release(&w);
}

TestSuite(services, .init = begin, .fini = end);

static void add_systemd(void)
{
	pack_file(&w, scene_package(&w, "systemd", "257", "systemd"), "usr/bin/systemctl", "x",
		  0755);
}

#define CONFIG "etc/systemd/system/"
#define NGINX  "/usr/lib/systemd/system/nginx.service"

Test(services, enabling_links_the_unit_as_its_install_section_says)
{
	add_systemd();
	scene_service(&w, "nginx");
	scene_must_compose(&w);
	cr_assert_str_eq(scene_target(&w, CONFIG "multi-user.target.wants/nginx.service"), NGINX);
	cr_assert_str_eq(scene_target(&w, CONFIG "extra.target.wants/nginx.service"), NGINX);
	cr_assert_str_eq(scene_target(&w, CONFIG "need.target.requires/nginx.service"), NGINX);
	cr_assert_str_eq(scene_target(&w, CONFIG "web.service"), NGINX);
	cr_assert_str_eq(scene_target(&w, CONFIG "timers.target.wants/nginx.timer"),
			 "/usr/lib/systemd/system/nginx.timer");
	cr_assert_not(scene_has(&w, CONFIG "no.target.wants"));
}

Test(services, debian_12_links_to_lib)
{
	end();
	scene_init_release(&w, "12.4");
	p = scene_package(&w, "nginx", "1", "nginx");
	pack_file(&w, p, "lib/systemd/system/nginx.service",
		  "[Install]\nWantedBy=multi-user.target\n", 0644);
	add_systemd();
	scene_service(&w, "nginx");
	scene_must_compose(&w);
	cr_assert_str_eq(scene_target(&w, CONFIG "multi-user.target.wants/nginx.service"),
			 "/lib/systemd/system/nginx.service");
}

Test(services, a_container_without_systemd_gets_no_links)
{
	scene_service(&w, "nginx");
	scene_must_compose(&w);
	cr_assert_not(scene_has(&w, "etc/systemd"));
}

Test(services, a_unit_that_is_nowhere_is_an_error_at_its_line)
{
	add_systemd();
	scene_service(&w, "ngnix");
	scene_must_fail(&w, ERR_RECIPE_VALUE, 121, "no unit 'ngnix.service'");
}

Test(services, a_unit_of_the_recipe_wins)
{
	add_systemd();
	scene_text(&w, CONFIG "nginx.service", "[Install]\nWantedBy=own.target\n");
	scene_service(&w, "nginx");
	scene_must_compose(&w);
	cr_assert_str_eq(scene_target(&w, CONFIG "own.target.wants/nginx.service"),
			 "/etc/systemd/system/nginx.service");
	cr_assert_not(scene_has(&w, CONFIG "multi-user.target.wants"));
}

Test(services, an_instance_uses_its_template)
{
	add_systemd();
	scene_service(&w, "worker@two");
	scene_must_compose(&w);
	cr_assert_str_eq(scene_target(&w, CONFIG "multi-user.target.wants/worker@two.service"),
			 "/usr/lib/systemd/system/worker@.service");
	cr_assert(scene_has(&w, CONFIG "w@two.service"));
}

Test(services, a_bare_template_takes_its_default_instance)
{
	add_systemd();
	scene_service(&w, "worker@");
	scene_must_compose(&w);
	cr_assert_str_eq(scene_target(&w, CONFIG "multi-user.target.wants/worker@one.service"),
			 "/usr/lib/systemd/system/worker@.service");
}

Test(services, links_of_the_package_stay_the_packages)
{
	add_systemd();
	pack_link(&w, p, CONFIG "multi-user.target.wants/nginx.service",
		  "/lib/systemd/system/nginx.service");
	scene_service(&w, "nginx");
	scene_must_compose(&w);
	cr_assert_str_eq(scene_target(&w, CONFIG "multi-user.target.wants/nginx.service"),
			 "/lib/systemd/system/nginx.service");
}

Test(services, disabling_removes_all_links_and_records_that_it_was_known)
{
	add_systemd();
	pack_file(&w, scene_package(&w, "init-system-helpers", "1", "x"),
		  "usr/bin/deb-systemd-helper", "x", 0755);
	pack_link(&w, p, CONFIG "multi-user.target.wants/nginx.service", NGINX);
	pack_link(&w, p, CONFIG "web.service", NGINX);
	pack_link(&w, p, CONFIG "multi-user.target.wants/other.service",
		  "/usr/lib/systemd/system/other.service");
	scene_service(&w, "nginx")->enable = false;
	scene_must_compose(&w);
	cr_assert_not(scene_has(&w, CONFIG "multi-user.target.wants/nginx.service"));
	cr_assert_not(scene_has(&w, CONFIG "web.service"));
	cr_assert(scene_has(&w, CONFIG "multi-user.target.wants/other.service"));
	cr_assert(scene_has_line(&w, "var/lib/systemd/deb-systemd-helper-enabled/"
				     "nginx.service.dsh-also",
				 "/etc/systemd/system/multi-user.target.wants/nginx.service"));
}

Test(services, a_specifier_that_is_not_modelled_is_an_error)
{
	add_systemd();
	pack_file(&w, p, "usr/lib/systemd/system/odd.service", "[Install]\nAlias=%H.service\n",
		  0644);
	scene_service(&w, "odd");
	scene_must_fail(&w, ERR_UNSUPPORTED, 121, "odd.service");
}

Test(services, a_port_gives_a_definition_for_consul)
{
	struct recipe_service *s = scene_service(&w, "nginx");

	s->port = 80;
	s->check_http = STR("/health");
	scene_must_compose(&w);
	cr_assert_str_eq(scene_content(&w, "etc/consul.d/nginx.json"),
			 "{\n"
			 "  \"service\": {\n"
			 "    \"checks\": [\n"
			 "      {\n"
			 "        \"http\": \"http://127.0.0.1:80/health\",\n"
			 "        \"interval\": \"10s\",\n"
			 "        \"timeout\": \"2s\"\n"
			 "      }\n"
			 "    ],\n"
			 "    \"name\": \"nginx\",\n"
			 "    \"port\": 80\n"
			 "  }\n"
			 "}\n");
}

Test(services, without_a_path_the_port_itself_is_checked)
{
	scene_service(&w, "redis")->port = 6379;
	scene_must_compose(&w);
	cr_assert_not_null(strstr(scene_content(&w, "etc/consul.d/redis.json"),
				  "\"tcp\": \"127.0.0.1:6379\""));
}

Test(services, without_a_port_there_is_no_definition)
{
	scene_service(&w, "nginx");
	scene_must_compose(&w);
	cr_assert_not(scene_has(&w, "etc/consul.d"));
}
