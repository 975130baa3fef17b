using IaaS.Domain.Kernel;
using IaaS.Domain.Vm;

namespace IaaS.Domain.Tests;

public sealed class IdTests
{
    [Theory]
    [InlineData("vm-a", true)]
    [InlineData("vm-web-01", true)]
    [InlineData("vm-", false)]
    [InlineData("vm--a", false)]
    [InlineData("vm-a-", false)]
    [InlineData("vm-A", false)]
    [InlineData("vm-a_b", false)]
    [InlineData("vm-ä", false)]
    [InlineData("host-a", false)]
    [InlineData("vma", false)]
    [InlineData("", false)]
    public void An_id_is_its_kind_and_a_readable_name(string id, bool valid) => Assert.Equal(valid, ResourceId.IsValid(id, VmId.Kind));

    [Fact]
    public void An_id_has_a_longest_length()
    {
        Assert.True(ResourceId.IsValid("vm-" + new string('a', ResourceId.MaxLength - 3), "vm"));
        Assert.False(ResourceId.IsValid("vm-" + new string('a', ResourceId.MaxLength - 2), "vm"));
    }

    [Theory]
    [InlineData("vm-a-b", "vm")]
    [InlineData("-a", "")]
    [InlineData("vm", "")]
    public void The_kind_is_what_is_before_the_first_dash(string id, string kind) => Assert.Equal(kind, ResourceId.KindOf(id));
}
