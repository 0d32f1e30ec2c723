using System.Net;
using Adit.Api;
using Adit.Hub.Access.Doors;
using Adit.Hub.Edge.Gate;

namespace Adit.Hub.Tests.Edge.Gate;

public sealed class PolicyJudgeTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("owner", "ada", true)]
    [InlineData("owner", "bob", false)]
    [InlineData("signed-in", "bob", true)]
    [InlineData("signed-in", null, false)]
    [InlineData("public", null, true)]
    [InlineData("user:bob", "bob", true)]
    [InlineData("user:bob", "eve", false)]
    [InlineData("user:bob", "ada", true)]
    [InlineData("group:ds", "dora", true)]
    [InlineData("group:ds", "bob", false)]
    [InlineData("project", "pia", true)]
    [InlineData("project", "bob", false)]
    [InlineData("group:ds,user:bob", "bob", true)]
    [InlineData("group:ds,user:bob", "eve", false)]
    public void Access_says_who_passes_beside_the_owner(string access, string? who, bool passes) =>
        Assert.Equal(passes, Decide(Policy(access), who).IsAllowed);

    [Fact]
    public void The_first_rule_that_fits_decides_and_nobody_passes_without_one()
    {
        var policy = Policy("owner", new() { Allow = false, Who = ["user:bob"] }, new() { Who = ["signed-in"] });
        Assert.Equal((false, 0), (Decide(policy, "bob").IsAllowed, Decide(policy, "bob").Rule));
        Assert.Equal((true, 1), (Decide(policy, "eve").IsAllowed, Decide(policy, "eve").Rule));
        Assert.Equal((false, -1, true), (Decide(policy, null).IsAllowed, Decide(policy, null).Rule, Decide(policy, null).MaySignIn));
    }

    [Fact]
    public void A_refusal_of_everybody_holds_for_the_owner_too_and_signing_in_does_not_help()
    {
        var policy = Policy("public", new AccessRule { Allow = false, Who = ["public"], Paths = ["/admin/*"] });
        Assert.False(Decide(policy, "ada", path: "/admin").IsAllowed);
        Assert.False(Decide(policy, null, path: "/Admin/x").MaySignIn);
        Assert.True(Decide(policy, null, path: "/other").IsAllowed);
    }

    [Theory]
    [InlineData("10.1.2.3", true)]
    [InlineData("::ffff:10.1.2.3", true)]
    [InlineData("192.0.2.7", true)]
    [InlineData("192.0.2.8", false)]
    [InlineData("fd00::1", true)]
    [InlineData(null, false)]
    public void Networks_are_those_of_the_visitor(string? address, bool passes)
    {
        var policy = Policy("owner", new AccessRule { Who = ["public"], Networks = ["10.0.0.0/8", "192.0.2.7", "fd00::/8"] });
        Assert.Equal(passes, Decide(policy, null, address: address).IsAllowed);
    }

    [Theory]
    [InlineData("GET", null, true)]
    [InlineData("HEAD", null, true)]
    [InlineData("POST", null, false)]
    [InlineData("GET", "DELETE", false)]
    [InlineData("GET", "GET,DELETE", false)]
    [InlineData("GET", "GET", true)]
    [InlineData("get", null, true)]
    public void Methods_count_and_so_does_the_one_that_a_header_asks_for(string method, string? other, bool passes)
    {
        var policy = Policy("owner", new AccessRule { Who = ["public"], Methods = ["GET"] });
        Assert.Equal(passes, Decide(policy, null, method: method, other: other).IsAllowed);
    }

    [Fact]
    public void A_method_that_is_refused_cannot_come_in_as_another()
    {
        var policy = Policy("public", new AccessRule { Allow = false, Who = ["public"], Methods = ["DELETE"] });
        Assert.False(Decide(policy, null, method: "POST", other: "delete").IsAllowed);
        Assert.False(Decide(policy, null, method: "POST", other: "PATCH,delete").IsAllowed);
        Assert.False(Decide(policy, null, method: "POST", other: "delete,PATCH").IsAllowed);
        Assert.True(Decide(policy, null, method: "POST").IsAllowed);
    }

    [Fact]
    public void A_share_ends_at_its_time()
    {
        var policy = Policy("owner", new AccessRule { Who = ["signed-in"], Expires = Now });
        Assert.True(Decide(policy, "bob", now: Now.AddSeconds(-1)).IsAllowed);
        Assert.False(Decide(policy, "bob", now: Now).IsAllowed);
    }

    [Fact]
    public void The_cap_of_the_hub_closes_what_is_open_further()
    {
        var capped = Policies.Compile(new PolicySource("ada", "public"), new Cap(AccessLevel.SignedIn));
        Assert.False(capped.IsOpen);
        Assert.False(Decide(capped, null).IsAllowed);
        Assert.True(Decide(capped, "ada").IsAllowed);
        var groups = Policies.Compile(new PolicySource("ada", "owner") { Rules = [new AccessRule { Who = ["signed-in"] }] }, new Cap(AccessLevel.Project));
        Assert.False(Decide(groups, "bob").IsAllowed);
    }

    [Theory]
    [InlineData("everybody")]
    [InlineData("")]
    [InlineData("group:")]
    [InlineData("owner,")]
    [InlineData("basic")]
    [InlineData("user:a\nb")]
    public void What_is_nobody_is_no_access(string access) => Assert.Throws<FormatException>(() => Policies.Subjects(access));

    [Fact]
    public void Rules_that_say_nothing_sensible_are_refused_with_their_number()
    {
        AccessRule[] bad =
        [
            new() { Who = [] }, new() { Who = ["x"] }, new() { Who = ["owner"], Networks = [] }, new() { Who = ["owner"], Networks = ["10.0.0.0/64"] },
            new() { Who = ["owner"], Paths = ["admin"] }, new() { Who = ["owner"], Paths = ["/%61"] },
            new() { Who = ["owner"], Methods = ["GET POST"] }, new() { Who = ["owner"], Note = new string('x', 201) },
        ];
        foreach (var rule in bad)
        {
            var refusal = Assert.Throws<FormatException>(() => Policies.Rules([new AccessRule { Who = ["owner"] }, rule]));
            Assert.StartsWith("Rule 2: ", refusal.Message);
        }
    }

    private static RoutePolicy Policy(string access, params AccessRule[] rules) =>
        Policies.Compile(new PolicySource("ada", access) { Project = "churn", Rules = rules.Length == 0 ? null : rules }, null);

    private static PolicyAnswer Decide(
        RoutePolicy policy, string? who, string path = "/", string method = "GET", string? other = null, string? address = "127.0.0.1", DateTimeOffset? now = null) =>
        PolicyJudge.Decide(policy, new PolicyQuestion
        {
            Pass = who is null ? DoorPass.Nobody : new DoorPass { Kind = PassKind.Person, Person = Person(who) },
            Target = path, Method = method, OverrideMethods = other?.Split(',') ?? [], Address = address is null ? null : IPAddress.Parse(address), Now = now ?? Now,
        });

    private static TestPerson Person(string name) => name switch
    {
        "dora" => new TestPerson(name, "ds"),
        "pia" => new TestPerson(name, "project:churn"),
        _ => new TestPerson(name),
    };

    private sealed class Cap(AccessLevel most) : IAccessCap
    {
        public bool Allows(AccessLevel level, string? owner) => level <= most;
    }
}
