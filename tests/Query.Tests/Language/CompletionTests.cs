using CsCheck;
using IaaS.Projections.Kernel;
using IaaS.Projections.Query.Language;
using IaaS.Projections.Query.Schema;
using IaaS.Projections.Vm;

namespace IaaS.Query.Tests.Language;

public sealed class CompletionTests
{
    private static readonly QuerySchema Schema = new(ViewShape.FindAll(typeof(VmView).Assembly));

    [Theory]
    [InlineData("", "vm", "kind")]
    [InlineData("v", "volume", "kind")]
    [InlineData("vm ", "where", "keyword")]
    [InlineData("vm where st", "state", "field")]
    [InlineData("vm where host.clu", "cluster", "relation")]
    [InlineData("vm where host.cluster.", "zone", "relation")]
    [InlineData("vm where nics[", "address", "field")]
    [InlineData("vm where nics[l3.", "cidr", "field")]
    [InlineData("vm where nics[address = 'x'] and ", "memory", "field")]
    [InlineData("vm where state ", "=", "operator")]
    [InlineData("vm where tags ", "has", "operator")]
    [InlineData("vm where state = R", "Running", "value")]
    [InlineData("vm where state = Running ", "order by", "keyword")]
    [InlineData("vm where hostId in (", "host", "kind")]
    [InlineData("vm where hostId in (host where ", "vmCount", "field")]
    [InlineData("vm where hostId in (host return id) and ", "cpus", "field")]
    [InlineData("vm order by mem", "memory", "field")]
    [InlineData("vm return cou", "count", "function")]
    [InlineData("zone; cluster where z", "zone", "relation")]
    [InlineData("vm where hst", "host", "relation")]
    [InlineData("vm where (state = Running or mem", "memory", "field")]
    public void What_can_stand_at_the_cursor_is_offered(string text, string offered, string type) =>
        Assert.Contains(new CompletionItem(offered, type), Completion.At(text, text.Length, Schema, admin: true));

    [Fact]
    public void What_only_administrators_see_is_not_offered_to_others()
    {
        Assert.DoesNotContain(new CompletionItem("host", "kind"), Completion.At("", 0, Schema, admin: false));
        Assert.DoesNotContain(new CompletionItem("host", "relation"), Completion.At("vm where ", 9, Schema, admin: false));
        Assert.Empty(Completion.At("token where has", 15, Schema, admin: true));
    }

    [Fact]
    public void No_text_and_no_cursor_breaks_it() =>
        Gen.Select(Gen.String, Gen.Int[-1, 40]).Sample((text, cursor) => Completion.At("vm where " + text, cursor, Schema, admin: true) is not null);
}
